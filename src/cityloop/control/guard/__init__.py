"""The guard: nothing reaches an actuator except through it."""
