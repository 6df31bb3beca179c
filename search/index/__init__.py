"""Vector indexes: what one is, the FAISS one, and the store that publishes, verifies and opens versions."""
