# Stressors that check their own results, a fixed number of rounds each.
for stressor in 'cpu --cpu-method int64' pipe fork 'mmap --mmap-bytes 4M' malloc futex switch sigq eventfd; do
    name=${stressor%% *}
    options=
    [ "$name" = "$stressor" ] || options=${stressor#* }
    stress-ng --$name 1 $options --$name-ops 20 --verify --no-rand-seed --timeout 30 --temp-path . 2>&1 |
        grep -E 'passed: |failed: [1-9]' | sed 's/.*\] //' | tr '\n' ' '
    echo "$stressor"
done
