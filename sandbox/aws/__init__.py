"""The sandbox's AWS: moto with what it lacks, and the refusals of the real services. `installation.install` puts it in."""
