# soak
# Python's own tests, whole modules.
# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc; python judges itself
. "$HERE/python/regrtest"
regrtest test_struct
regrtest test_math
regrtest test_json
regrtest test_signal
regrtest test_subprocess
regrtest test_threading
regrtest test_os
regrtest test_posix
regrtest test_socket
regrtest test_mmap
