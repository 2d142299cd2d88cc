# Python's own tests of processes and signals: those that take seconds.
# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc; python judges itself
. "$HERE/python/regrtest"
regrtest test_signal test_subprocess --match 'test.test_signal.PosixTests.*' --match 'test.test_signal.Wakeup*' \
    --match 'test.test_signal.Pending*' --match 'test.test_signal.Itimer*' --match 'test.test_signal.Sig*' \
    --match 'test_exception_*' --match 'test_file_not_found*' --match 'test_send_signal*' --match 'test_communicate*' \
    --match 'test_check_output_timeout' --match 'test_preexec*' --match 'test_start_new_session' --match 'test_poll'
