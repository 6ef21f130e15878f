"""Evidence that only a vendor, the state or the county can give: asked by letter, taken by a scoped link."""
