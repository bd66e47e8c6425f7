"""``python -m podia`` is ``podia``."""

from podia.cli.main import main

if __name__ == "__main__":
    main()
