/* sanitizer: defines IS_SANITIZED: 1 if this is a build with AddressSanitizer, else 0. */
#ifndef POSTERN_CLAMAV_SANITIZER_H
#define POSTERN_CLAMAV_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#endif
