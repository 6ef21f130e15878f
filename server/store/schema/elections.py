"""Elections and the windows around them."""
