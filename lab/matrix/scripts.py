"""Client libraries, each driven by a few lines in its own language.

Each script takes address, port, user, password and a directory, and writes message N of the mailbox to file N in that directory.
"""

PYTHON_POPLIB = """
import poplib, sys
address, port, user, password, directory = sys.argv[1:]
client = poplib.POP3(address, int(port), timeout=60)
client.user(user)
client.pass_(password)
for n in range(1, client.stat()[0] + 1):
    with open(f"{directory}/{n}", "wb") as f:
        f.write(b"".join(line + b"\\r\\n" for line in client.retr(n)[1]))
client.quit()
"""

PYTHON_TWISTED = """
import sys
from twisted.internet import defer, protocol, reactor
from twisted.mail.pop3client import POP3Client
address, port, user, password, directory = sys.argv[1:]
class Client(POP3Client):
    allowInsecureLogin = True
    def serverGreeting(self, greeting):
        defer.ensureDeferred(self.fetch()).addErrback(lambda why: print(why, file=sys.stderr)).addBoth(lambda _: reactor.stop())
    async def fetch(self):
        await self.login(user.encode(), password.encode())
        for n, _ in enumerate(await self.listSize()):
            lines = await self.retrieve(n)
            with open(f"{directory}/{n + 1}", "wb") as f:
                f.write(b"".join(line + b"\\r\\n" for line in lines))
        await self.quit()
factory = protocol.ClientFactory()
factory.protocol = Client
reactor.connectTCP(address, int(port), factory)
reactor.callLater(60, reactor.stop)
reactor.run()
"""

PERL_NET_POP3 = """
use strict; use Net::POP3;
my ($address, $port, $user, $password, $directory) = @ARGV;
my $client = Net::POP3->new($address, Port => $port, Timeout => 60) or die "no connection";
my $count = $client->login($user, $password);
defined $count or die "no login";
for my $n (1 .. $count) {
    my $lines = $client->get($n) or die "no message $n";
    open(my $file, '>:raw', "$directory/$n"); print $file @$lines; close $file;
}
$client->quit;
"""

PERL_POP3CLIENT = """
use strict; use Mail::POP3Client;
my ($address, $port, $user, $password, $directory) = @ARGV;
my $client = Mail::POP3Client->new(USER => $user, PASSWORD => $password, HOST => $address, PORT => $port, TIMEOUT => 60, AUTH_MODE => 'PASS');
$client->Count >= 0 or die "no login";
for my $n (1 .. $client->Count) {
    open(my $file, '>:raw', "$directory/$n"); $client->RetrieveToFile($file, $n) or die "no message $n"; close $file;
}
$client->Close;
"""

# It fetches the header by TOP n 0 and the body by RETR.
PERL_MAIL_BOX = """
use strict; use Mail::Box::Manager;
my ($address, $port, $user, $password, $directory) = @ARGV;
my $folder = Mail::Box::Manager->new->open(type => 'pop3', username => $user, password => $password, server_name => $address,
    server_port => $port, authenticate => 'LOGIN', use_ssl => 0) or die "no folder";
my $n = 0;
for my $message ($folder->messages) {
    $n++; open(my $file, '>:raw', "$directory/$n"); $message->print($file); close $file;
}
$folder->close;
"""

RUBY_NET_POP = """
require "net/pop"
address, port, user, password, directory = ARGV
Net::POP3.start(address, port.to_i, user, password) do |client|
  client.mails.each { |mail| File.binwrite("#{directory}/#{mail.number}", mail.pop) }
end
"""

PHP_IMAP = """<?php
[, $address, $port, $user, $password, $directory] = $argv;
$box = imap_open("{" . $address . ":" . $port . "/pop3/notls}INBOX", $user, $password, 0, 1) or die("no login\\n");
for ($n = 1; $n <= imap_num_msg($box); $n++)
    file_put_contents("$directory/$n", imap_fetchheader($box, $n) . imap_body($box, $n));
imap_close($box);
"""

TCL_POP3 = """
package require pop3
lassign $argv address port user password directory
set session [pop3::open -socketcmd socket $address $user $password $port]
set count [lindex [pop3::status $session] 0]
for {set n 1} {$n <= $count} {incr n} {
    set file [::open $directory/$n wb]
    puts -nonewline $file [lindex [pop3::retrieve $session $n] 0]
    ::close $file
}
pop3::close $session
"""

# In batch mode the question about an unencrypted connection cannot be asked, so it is answered beforehand.
EMACS_POP3 = """
(require 'pop3)
(require 'nsm)
(advice-add 'nsm-verify-connection :override (lambda (process &rest _) process))
(pcase-let ((`(,address ,port ,user ,password ,directory) command-line-args-left))
  (setq pop3-mailhost address pop3-port (string-to-number port) pop3-maildrop user pop3-password password
        pop3-password-required nil pop3-authentication-scheme 'pass pop3-leave-mail-on-server t pop3-stream-type 'plain
        pop3-uidl-file (expand-file-name "uidl" directory))
  (pop3-movemail (expand-file-name "mbox" directory)))
"""
