/* pop3_session_uids: which unique-id the server gave to which message of this session, as its UIDL replies
 * said.
 *
 * Looked up for messages that go to the quarantine, which are few, so it is packed and searched from end to
 * end. Of a large mailbox the last POP3_SESSION_UIDS_BYTES are remembered: the newest messages, which clients
 * fetch. What is not remembered has no unique-id for us. {0} is valid and empty. Pure. */
#ifndef POSTERN_POP3_POP3_SESSION_UIDS_H
#define POSTERN_POP3_POP3_SESSION_UIDS_H

#include "base/buf.h"

#include <stdint.h>

enum { POP3_SESSION_UIDS_BYTES = 64 * 1024 };

struct pop3_session_uids {
    struct buf packed; /* number, length, the unique-id; and so on */
};

/* uid: of 1 to POP3_UID_MAX bytes. What was said of that number before is forgotten. */
void pop3_session_uids_note(struct pop3_session_uids *uids, uint32_t number, struct span uid);
/* Empty: none is known. Borrows, until the next change. */
struct span pop3_session_uids_get(const struct pop3_session_uids *uids, uint32_t number);
void pop3_session_uids_clear(struct pop3_session_uids *uids);
void pop3_session_uids_fini(struct pop3_session_uids *uids);

#endif
