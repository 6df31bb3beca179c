"""The tests: one folder a layer, end-to-end tests in `e2e`."""
