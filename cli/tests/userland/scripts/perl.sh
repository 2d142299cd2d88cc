# Numbers, strings, regular expressions, pack, sort, files, processes, signals.
perl - <<'END'
use strict; use warnings; $| = 1;
my %h; $h{$_ % 97} += $_ for 1 .. 50000; print join(",", map { "$_=$h{$_}" } (sort { $a <=> $b } keys %h)[0 .. 4]), "\n";
print unpack("H*", pack("NnC a4 w q> d< H4", 1, 2, 3, "abc", 300, -2, 1.5, "beef")), "\n";
printf "%s %d %.15g %e %x %b %o %5s|%-5s|%05.1f %v02x\n", "s", -7.9, 0.1, 12345.678, 255, 10, 8, "r", "l", 3.14159, "1.22.333";
my $text = "The year 1999 and 2024"; my @years = $text =~ /(\d{4})/g; (my $copy = $text) =~ s/(\d+)/<$1>/g; print "@years $copy\n";
print join("|", "a1b22c333" =~ /([a-z])(\d+)/g), " ", "aaa" =~ /^(a+?)(a*)$/ ? "$1-$2" : "", " ", "foobar" =~ /(?<=foo)bar(?!x)/ ? "look" : "", "\n";
print 2 ** 40, " ", 9223372036854775807 + 0, " ", 18446744073709551615, " ", 1e16 + 1, " ", int(-7 / 2), " ", -7 % 3, " ", 0x1p-3 // 0, " ", 10 <=> 9, " ", "10" cmp "9", "\n";
use integer; print -7 / 2, " ", -7 % 3, " ", 1 << 3, "\n"; no integer;
my @sorted = sort { $a->[1] <=> $b->[1] || $a->[0] cmp $b->[0] } map { [$_, length] } qw(pear fig apple kiwi); print "@{[map { $_->[0] } @sorted]}\n";
open my $out, ">", "file" or die; print $out "line $_\n" for 1 .. 1000; close $out; open my $in, "<", "file" or die; my $n = 0; while (<$in>) { $n += $. if /7$/ } print "$n ", -s "file", "\n";
my $pid = fork // die; if (!$pid) { exit 7 } waitpid $pid, 0; print "child ", $? >> 8, "\n";
pipe my $r, my $w; if (!fork) { close $r; print $w "from the child\n"; exit } close $w; print scalar <$r>; wait;
local $SIG{USR1} = sub { print "signal $_[0]\n" }; kill USR1 => $$; local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; 1 while 1 }; print "left by $@";
{ package Counter; sub new { bless { n => 0 }, shift } sub inc { $_[0]{n}++; $_[0] } sub DESTROY { print "destroyed $_[0]{n}\n" } } { my $c = Counter->new; $c->inc->inc }
my @list = map { { id => $_ } } 1 .. 3; print scalar(@list), " ", (grep { $_->{id} > 1 } @list) + 0, " ", join(",", reverse 1 .. 3), " ", "ab" x 2, " ", lc("ÄB"), "\n";
use List::Util qw(sum max reduce shuffle); print sum(1 .. 100), " ", max(3, 9, 2), " ", reduce { $a * $b } 1 .. 10; print "\n";
use Digest::MD5 qw(md5_hex); use MIME::Base64; use Data::Dumper; $Data::Dumper::Sortkeys = $Data::Dumper::Terse = 1; $Data::Dumper::Indent = 0; print md5_hex("a"), " ", encode_base64("strata"), Dumper({ a => [1, undef], b => \"s" }), "\n";
use Math::BigInt; print Math::BigInt->new(2)->bpow(128)->bsub(1), " ", Math::BigInt->new("123456789012345678901234567890")->bmodpow(65537, 1000000007), "\n";
use POSIX qw(floor strftime LONG_MAX setlocale); print floor(-1.5), " ", strftime("%F", gmtime 86400), " ", LONG_MAX, "\n";
use Encode; my $u = decode("UTF-8", "\xc3\xa9\xe2\x82\xac"); print length($u), " ", encode("UTF-8", uc $u), "\n"; use Time::HiRes qw(usleep); usleep 1000;
format STDOUT =
@<<<<< @>>>>> @##.##
"left", "right", 3.14159
.
write; exit 3;
END
echo "status $?"
