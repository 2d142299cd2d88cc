# Python's own tests of processes and signals: those that take seconds.
# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc; python judges itself
. "$HERE/python/regrtest"
regrtest test_signal test_subprocess --match 'test.test_signal.PosixTests.*' --match 'test.test_signal.Pending*' \
    --match 'test.test_signal.Itimer*' --match 'test_exception_*' --match 'test_send_signal*' \
    --match 'test_communicate_stdin' --match 'test_communicate_timeout' --match 'test_check_output_timeout' \
    --match 'test_preexec' --match 'test_start_new_session'
