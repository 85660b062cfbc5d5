"""Solutions of the labs: the right ones, and the wrong ones that students write."""
