# The shell's own words: no further program is started.
for script in words expand flow traps jobs; do
    echo "== $script"
    bash "$HERE/bash/$script.bash" 2>/dev/null
    echo "status $?"
done
