/* article: the p3scan.conf of the article on selective routing, exactly as printed there. */
#ifndef POSTERN_TESTS_ARTICLE_H
#define POSTERN_TESTS_ARTICLE_H

static const char article[] = "pidfile = /var/run/p3scan/p3scan.pid\n"
                              "maxchilds = 10\n"
                              "ip = 0.0.0.0\n"
                              "port = 8110\n"
                              "user = p3scan\n"
                              "notifydir = /var/spool/p3scan/notify\n"
                              "virusdir = /var/spool/p3scan\n"
                              "justdelete\n"
                              "scannertype = basic\n"
                              "scanner = /usr/bin/clamscan --no-summary -i\n"
                              "virusregexp = .*: (.*) FOUND\n"
                              "template = /etc/p3scan/p3scan-fr.mail\n"
                              "subject = [virus] dans un message pour vous:\n"
                              "notify = Pour information, le message a \303\251t\303\251 d\303\251truit.\n";

#endif
