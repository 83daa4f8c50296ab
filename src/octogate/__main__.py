"""`python -m octogate` is the `octogate` command."""

from octogate.cli import main

if __name__ == "__main__":
    main()
