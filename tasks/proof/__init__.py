"""What a run of tests on a cluster proved: by system and requirement, with what each test measured."""
