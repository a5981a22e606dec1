"""A configured server as it is really started or reached, and its certain end: what listing it and serving it share."""
