# Here-documents, redirections, read, printf, arrays, arithmetic.
while IFS=: read -r name _ number rest; do
    printf '%-8s|%05d|%s\n' "$name" "$number" "$rest"
done <<'END'
root:x:0:a:b
daemon:x:17::
END
value=42
mapfile -t lines <<END
first $value
$((value * 2)) second \$value
	tab
END
printf '<%s>\n' "${lines[@]}"
echo "${#lines[@]} lines"
exec 3>file 4<>other
echo to three >&3
echo to four >&4
exec 3>&- 4>&-
read -r line <file && echo "file: $line"
{ { echo out; echo err >&2; } 2>&1 1>&3 | while read -r word; do echo "piped $word"; done; } 3>&1
echo append >>file
while read -r -n 3 part; do echo "part '$part'"; done <file
read -r -d '' all <file
echo "${all//$'\n'/ / }"
declare -A table=([one]=1 [two]=2 [three]=3)
sum=0
for key in one two three; do ((sum += table[$key] ** 3)); done
echo "sum $sum, $((0x1f ^ 5)), $((7 / -2)), $((-7 % 3)), $((1 << 62)), $((9223372036854775807 + 1))"
echo "$((2#1011)) $((36#zz)) $((sum > 30 ? 1 : 0))"
( ((1 / 0)) ) || echo "division: $?"
printf '%q %s %x %o %c %e %.3f %b\n' "a b'c" text 255 8 char 12345.678 2.5 'x\ty'
printf '%(%F %T)T\n' 86399
printf -v text '%s-' a b c
echo "$text"
coproc { while read -r x; do echo "got $x"; done; }
pid=$COPROC_PID
echo hello >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
eval "exec ${COPROC[1]}>&-"
wait "$pid"
echo "coproc $?"
