"""Networks of leaky neurons that learn by the times of spikes."""
