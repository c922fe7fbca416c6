"""Parts of all scenarios: their protocol and registry, parameter files, linear readouts, receptive fields."""
