"""Writes decorated functions so that mutmut mutates them: it leaves alone whatever has a decorator."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# These need nothing of a function but to call it. Others may look at its defaults, which a mutated one does not have.
MOVED = {"property", "cached_property", "cache", "lru_cache"}


def undecorated(source: str) -> str:
    """The same module, where ``name = decorator(name)`` after a function stands for ``@decorator`` before it."""
    lines = source.splitlines(keepends=True)
    # From the last to the first: the numbers of the lines before stay right.
    for function in reversed(list(_functions(ast.parse(source)))):
        decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
        if not decorators or not {_name(decorator) for decorator in decorators} <= MOVED:
            continue
        indent = " " * function.col_offset
        lines[function.end_lineno : function.end_lineno] = [
            f"{indent}{function.name} = {decorator}({function.name})\n" for decorator in reversed(decorators)
        ]
        del lines[function.decorator_list[0].lineno - 1 : function.lineno - 1]
    return "".join(lines)


def _functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions of the module and methods of its classes, in order."""
    for node in module.body:
        within = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (each for each in within if isinstance(each, ast.FunctionDef))


def _name(decorator: str) -> str:
    return decorator.partition("(")[0].rpartition(".")[2]
