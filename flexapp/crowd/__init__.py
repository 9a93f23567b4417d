"""A made-up crowd: as many fictional people and assessments as are asked for, to try load on."""
