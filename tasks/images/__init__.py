"""Images: from images/<system>/<service>/ to an image with a digest that `doit build` pins."""
