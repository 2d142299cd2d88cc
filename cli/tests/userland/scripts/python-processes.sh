# Python's own tests of processes and signals: those that take seconds.
# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc
. "$HERE/python/regrtest"
regrtest test_signal
regrtest test_posix
regrtest test_subprocess --match 'test_exception_*' --match 'test_file_not_found*' --match 'test_*kill*' \
    --match 'test_*pipe*' --match 'test_communicate*' --match 'test_*timeout*' --match 'test_*preexec*'
