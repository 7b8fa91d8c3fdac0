"""The carbon intensity of grids as it is now and is forecast, from those who watch them."""
