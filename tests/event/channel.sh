#!/bin/sh
# Checks the wake protocol: channel.sh MODEL. spin is to pass the order that the code has, and
# to refute each of the others. Leaves with 77 (skipped) where there is no spin.
set -eu
model=$(realpath "$1")
command -v spin >/dev/null || { echo "there is no spin here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Runs the verifier with a macro; it says how many errors it found.
errors() {
    rm -f pan*
    spin -a ${1:+"-D$1"} "$model" >/dev/null
    "${CC:-cc}" -DSAFETY -o pan pan.c
    ./pan -m100000 >report
    if grep -q "search not completed\|max search depth too small" report; then
        grep -q "errors: 0" report || { echo 1; return; }
        echo "not completed"
        return
    fi
    sed -n 's/.*errors: //p' report
}

failed=0
expect() {
    found=$(errors "$1")
    if [ "$found" = "$2" ]; then
        echo "${1:-the protocol}: $3"
    else
        echo "${1:-the protocol}: $found errors, not $2"
        failed=1
    fi
}

expect "" 0 "proven"
for macro in $(sed -n 's/^ \*     \([A-Z_]*\)   .*/\1/p' "$model"); do
    expect "$macro" 1 "refuted"
done
exit $failed
