# Python's own tests of numbers and data.
. "$HERE/python/regrtest"
regrtest test_struct
regrtest test_math
regrtest test_json
regrtest test_mmap
