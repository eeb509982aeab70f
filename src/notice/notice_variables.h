/* notice_variables: the table of the variables in notice templates. It has P3Scan's variables [N2] and some
 * of Postern's own. The parser, notice_value and postern.conf(5) use it. */
#ifndef POSTERN_NOTICE_NOTICE_VARIABLES_H
#define POSTERN_NOTICE_NOTICE_VARIABLES_H

/* X(name between the percent signs, description) */
#define NOTICE_VARIABLES(X)                                                 \
    X(VIRUSNAME, "what was found, or why the message could not be scanned") \
    X(MAILFROM, "From of the original")                                     \
    X(MAILTO, "To of the original")                                         \
    X(MAILDATE, "Date of the original")                                     \
    X(SUBJECT, "Subject of the original")                                   \
    X(USERNAME, "the user name with which the client logged in")            \
    X(CLIENTIP, "the client's address; IPv6 in brackets")                   \
    X(CLIENTPORT, "the client's port")                                      \
    X(SERVERIP, "the mail server's address; IPv6 in brackets")              \
    X(SERVERPORT, "the mail server's port")                                 \
    X(PROTOCOL, "the protocol's name")                                      \
    X(KIND, "mail or file")                                                 \
    X(DIRECTION, "download or upload")                                      \
    X(FILENAME, "the path or URL of the original, if it is a file")         \
    X(HOSTNAME, "the gateway's host name")                                  \
    X(DOMAINNAME, "the gateway's domain")                                   \
    X(PROGNAME, "Postern")                                                  \
    X(VERSION, "the version of Postern")                                    \
    X(P3SCANID, "the id of the incident")                                   \
    X(MAILFILE, "the name of the original in the quarantine")               \
    X(VDINFO, "a sentence: what became of the original")                    \
    X(MAILMESSAGEID, "Message-ID of the original")

#endif
