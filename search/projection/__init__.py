"""Maps of a collection: the layout, computed in a process of its own, and the points as a browser reads them."""
