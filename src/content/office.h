/* office: detects office documents that open only with a password.
 *
 * Encryption is recognised by these signs:
 *
 *   - Office Open XML ([MS-OFFCRYPTO] 2.3): a compound file with a stream EncryptedPackage
 *   - Word 97-2003: the flag fEncrypted of the FIB ([MS-DOC] 2.5.2)
 *   - Excel: a record FILEPASS near the beginning ([MS-XLS] 2.4.117)
 *   - PowerPoint: the token of CurrentUserAtom ([MS-PPT] 2.3.2)
 *   - any Office format before Open XML: a stream EncryptedSummary
 *   - OpenDocument: encryption-data in the manifest, a member of the zip, which the caller passes as a file
 *
 * If a workbook is only protected against changes, Excel encrypts it with a well-known password. Such a
 * workbook counts as encrypted. Pure; linear; allocates nothing. */
#ifndef POSTERN_CONTENT_OFFICE_H
#define POSTERN_CONTENT_OFFICE_H

#include "base/span.h"

bool office_is_encrypted(struct span file);

#endif
