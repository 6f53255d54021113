"""prodgen: generative models for product images, taught by running code."""

__version__ = "0.1.0"
