"""Sensor models and the estimators that read them."""
