# Loops, functions, recursion, pipelines of subshells, status.
fib() { (($1 < 2)) && { echo "$1"; return; }; echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); }
fib 8
for ((i = 0; i < 5; i++)); do
    ((i == 1)) && continue
    ((i == 4)) && break
    echo -n "$i "
done
echo
n=0
until ((n >= 3)); do ((n++)); done
echo "until $n"
while true; do
    for x in 1 2; do break 2; done
done
echo {a..z} | while read -r -a letters; do echo "${#letters[@]} letters"; done
(exit 3) | (exit 5) | true
echo "${PIPESTATUS[*]}"
set -o pipefail
(exit 3) | true
echo "pipefail $?"
set +o pipefail
! true
echo "not $?"
(set -e; false; echo never) ; echo "errexit $?"
(set -u; echo "$none") 2>/dev/null; echo "nounset $?"
f() { return 300; }
f
echo "return $?"
(exit -1)
echo "exit $?"
nested() (
    cd / && x=changed
    echo "in $PWD $x $BASH_SUBSHELL"
)
x=kept
nested
echo "$x"
producer() { for ((k = 0; k < 3000; k++)); do echo "line $k"; done; }
producer | { count=0; while read -r _ k; do ((count += k)); done; echo "sum $count"; }
select_test() { select word in red green; do echo "chose $word"; break; done; }
select_test <<<2 2>/dev/null
time_test() { TIMEFORMAT=timed; time true; }
time_test
declare -f nested | { read -r first; echo "$first"; }
type fib | { read -r first; echo "$first"; }
command -v echo
hash -r
getopts_test() {
    local OPTIND option
    while getopts :ab:c option; do echo "option $option ${OPTARG-}"; done
    shift $((OPTIND - 1))
    echo "rest $*"
}
getopts_test -a -b value -x file
( umask 027; : >masked; umask )
[[ -r masked && ! -x masked ]] && echo masked
ulimit -n >/dev/null && echo limits
