"""What the product does, one subject a module; knows nothing of Celery, Channels, requests or `workers`."""
