"""What happens when everything that can be killed is killed; `make chaos`."""
