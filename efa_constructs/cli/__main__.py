"""``python -m efa_constructs.cli``, the same as ``efa``."""

from . import main

main()
