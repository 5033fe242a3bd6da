"""A second, plain reading of the specification's stitching, that judges the product's."""
