"""Charts of tables, as SVG, drawn by gnuplot."""
import re
import subprocess

COLORS = "#1b6ca8", "#e08e0b", "#3a7d44", "#a63446", "#6c4f9c", "#5d6d7e", "#0e9aa7", "#b8860b"
LOGARITHMIC = 30  # from this ratio of the highest to the lowest on


def size_of(column):
    """The number of a column that is one, as 10,000 or 10^6; or None."""
    text = column.replace(",", "")
    power = re.fullmatch(r"(\d+)\^(\d+)", text)
    if power:
        return int(power[1]) ** int(power[2])
    return int(text) if text.isdecimal() else None


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def scale(values, axis):
    medians = [value["median"] for value in values if value["median"] > 0]
    if medians and max(medians) > LOGARITHMIC * min(medians):
        return [f"set logscale {axis}"]
    return [f"set {axis}range [0:*]"]


def known(rows):
    return [value for row in rows for value in row["values"] if value]


def bars(rows, columns, label):
    """A group of bars for each row, with the intervals; the first row is on top."""
    lines, plots = [], []
    height = 0.8 / len(columns)
    for c, column in enumerate(columns):
        lines.append(f"$c{c} << END")
        for r, row in enumerate(rows):
            value = row["values"][c]
            if value:
                y = -r + 0.4 - height * (c + 0.5)
                lines.append(f"{value['median']} {y} {value['low']} {value['high']} "
                             f"{y - height * 0.45} {y + height * 0.45}")
        lines.append("END")
        color = COLORS[c % len(COLORS)]
        plots.append(f"$c{c} using (0):2:(0):1:5:6 with boxxyerror fill solid 0.7 noborder "
                     f"linecolor rgb '{color}' title {quoted(column)}")
        plots.append(f"$c{c} using 1:2:3:4 with xerrorbars linecolor rgb '#333333' "
                     "pointtype 0 notitle")
    tics = ", ".join(f"{quoted(row['name'])} {-r}" for r, row in enumerate(rows))
    return lines + scale(known(rows), "x") + [
        f"set terminal svg size 860,"
        f"{110 + len(rows) * (14 + 8 * len(columns))} noenhanced font 'sans,12'",
        f"set ytics ({tics}) scale 0", f"set yrange [{-len(rows) + 0.4}:0.6]",
        f"set xlabel {quoted(label)}", "set key outside top center horizontal",
        "set grid xtics", "plot " + ", ".join(plots),
    ]


def curves(rows, sizes, label):
    """A line for each row, over sizes."""
    lines, plots = [], []
    for r, row in enumerate(rows):
        lines.append(f"$r{r} << END")
        for size, value in zip(sizes, row["values"]):
            if value:
                lines.append(f"{size} {value['median']} {value['low']} {value['high']}")
        lines.append("END")
        plots.append(f"$r{r} using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.4 "
                     f"linecolor rgb '{COLORS[r % len(COLORS)]}' title {quoted(row['name'])}")
    return lines + scale(known(rows), "y") + [
        "set terminal svg size 860,480 noenhanced font 'sans,12'", "set logscale x",
        "set format x '%.0s%c'", f"set xrange [{min(sizes) / 1.5}:{max(sizes) * 1.5}]",
        f"set ylabel {quoted(label)}", "set key outside top center horizontal",
        "set grid", "plot " + ", ".join(plots),
    ]


def draw(path, table, columns):
    """These columns of a table; curves where they are sizes. Returns whether there is a chart."""
    places = [table["columns"].index(column) for column in columns]
    rows = [row | {"values": [row["values"][place] for place in places]} for row in table["rows"]]
    rows = [row for row in rows if any(row["values"])]
    if not rows:
        return False
    sizes = [size_of(column) for column in columns]
    if len(sizes) > 1 and None not in sizes:
        commands = curves(rows, sizes, table["unit"])
    else:
        commands = bars(rows, columns, table["unit"])
    script = ["set encoding utf8", f"set output {quoted(str(path))}"] + commands
    # gnuplot wants the terminal before the output
    script.sort(key=lambda line: not line.startswith("set terminal"))
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)
    return True
