# Stressors that check their own results, a fixed number of rounds each.
for stressor in 'cpu --cpu-method int64' 'cpu --cpu-method fft' pipe fork mmap malloc futex mutex switch sigq \
    atomic dentry eventfd memcpy qsort matrix vecmath hsearch shm-sysv timer poll; do
    name=${stressor%% *}
    options=
    [ "$name" = "$stressor" ] || options=${stressor#* }
    stress-ng --$name 1 $options --$name-ops 50 --verify --no-rand-seed --timeout 30 --temp-path . 2>&1 |
        grep -E 'passed|fail' | sed 's/.*\] //' | tr '\n' ' '
    echo "$stressor"
done
