"""Chat servers that share no code with chatkit: a sound one, and one for each bug that students write."""
