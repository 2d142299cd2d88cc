# soak
# Python's own tests of the operating system, whole modules.
# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc
. "$HERE/python/regrtest"
regrtest test_subprocess
regrtest test_threading
regrtest test_os
regrtest test_socket
