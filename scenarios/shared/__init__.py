"""What scenarios have in common: parameter files, linear readouts, pictures of receptive fields."""
