"""No source is left out of the build, and every test is named as what it tests."""
import pathlib

from house import files, report

# Tests of something wider than one source.
WIDE = {"docs", "faults", "memory", "misuse", "types"}

RULES = [path for path in files("tests/rules/*.py") if path.stem != "house"]

problems = []


def listed(paths, name_in_list):
    for path in paths:
        folder = path.parts[0]
        name = name_in_list(path.relative_to(folder))
        if f"'{name}'" not in pathlib.Path(folder, "meson.build").read_text():
            problems.append(f"{folder}/meson.build: {name} is missing")


def mirrors(pattern, source_of):
    """test_wheel.c and test_wheel_model.c test wheel.c or wheel.h."""
    for path in files(pattern):
        source = source_of(path)
        if source.parts[:2] == ("src", "lua"):
            source = source.relative_to("src")
        found = files(f"{source.parent}/*.[ch]", f"{source.parent}/mio/*.lua")
        if not any(f"{source.name}_".startswith(f"{other.stem}_") for other in found):
            if source.name not in WIDE:
                problems.append(f"{path}: there is no such source in {source.parent}/")


def test_name(path):
    return f"{path.parent}/{path.stem[len('test_'):]}"


def spec_name(path):
    return path.stem[: -len("_spec")]


listed(files("src/*/*.c"), lambda path: path)
listed(files("lua/*.c"), lambda path: path)
listed(files("lua/mio/*.lua"), lambda path: path)
listed(files("examples/*.c"), lambda path: path.stem)
listed(files("tests/*/test_*.c"), test_name)
listed(files("spec/*_spec.lua"), spec_name)
listed(RULES, lambda path: path.stem)
def source_name(path):
    """tests/lua/ tests lua/, tests/bench/ tests bench/, every other folder its room in src/."""
    name = test_name(path.relative_to("tests"))
    return pathlib.Path("" if name.startswith(("lua/", "bench/")) else "src", name)


mirrors("tests/*/test_*.c", source_name)
mirrors("spec/*_spec.lua", lambda path: pathlib.Path("lua", spec_name(path)))
report(problems)
