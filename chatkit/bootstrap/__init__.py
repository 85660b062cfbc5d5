"""From a bare Python to a JupyterLab that runs: what `lab` and `test` do before they start.

    old_python    says which Python is needed, on one that is too old
    environment   the folder .venv, and whether it is to be trusted
    builder       makes it, or makes it anew, and leaves nothing half made
    installer     by which steps: uv's or pip's
    progress      runs a step and shows that it lives
    trouble       what went wrong in a step, as a sentence with its remedy
    remedy        the command that installs a thing on this machine
    lock          one at a time
    process       ending other programs, and being ended
    port          is a port free, and who has it
    lab           starts JupyterLab
    suite         starts the tests
    packages      the same environment for the scripts in labs/
"""
