# Expansions, patterns, substitutions.
path=/usr/local/lib/libfoo.so.1.2
echo "${path##*/} ${path%/*} ${path%%.*} ${path#*/*/}"
echo "${path/lib/LIB} ${path//lib/LIB} ${path/#\/usr/-} ${path^^} ${path:5:5} ${path: -3}"
unset none
echo "${none:-default} ${none:+never}${path:+set} ${#path}"
(echo "${none:?is not set}") 2>/dev/null || echo "unset: $?"
echo {1..5} {a..e..2} {01..03} x{,y,z}w
set -- one 'two three' four
echo "$# $* ${*:2} ${@: -1}"
printf '[%s]' "$@"
echo
shopt -s extglob nullglob
touch() { for name; do : >"$name"; done; }
touch a.c b.c c.h d.txt .hidden 'sp ace'
echo *.c +(a|b).? !(*.*) [a-c]* nothing*
echo .[!.]*
for word in aXb axb a.b; do
    case $word in
    a[[:upper:]]b) echo "$word upper" ;;
    a\.b) echo "$word dot" ;;
    *) echo "$word other" ;;
    esac
done
[[ 2026-11-21 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})$ ]] && echo "${BASH_REMATCH[*]:1}"
[[ abc < abd && ! -e nowhere && -f a.c && ( 3 -gt 2 || x == y ) ]] && echo conditions
echo "$(echo "$(echo deep "$(echo deeper)")")" `echo old`
array=(zero one two [7]=seven)
echo "${!array[@]} ${array[-1]} ${array[@]:1:2} ${#array[@]}"
array+=(eight)
unset 'array[1]'
declare -p array
declare -n reference=path
echo "${reference##*.}"
declare -i number=3*4
number+=1
echo "$number"
local_test() { local path=inner; inner_test; }
inner_test() { echo "sees $path"; }
local_test
echo "$path" | { read -r back; echo "back $back"; }
IFS=, read -r -a parts <<<'a,b,,d'
printf '(%s)' "${parts[@]}"
echo
echo $'tab\there \x41\u00e9' "${path@Q}"
