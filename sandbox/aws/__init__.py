"""The sandbox's AWS: moto, what it lacks, and the refusals of the real services. `installation.install` puts it in."""
