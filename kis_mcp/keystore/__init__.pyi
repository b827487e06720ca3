from .keychain import has_keychain as has_keychain
from .passphrase import (
    PASSPHRASE as PASSPHRASE,
    PASSPHRASE_FILE as PASSPHRASE_FILE,
    read_passphrase as read_passphrase,
    require_strong as require_strong,
)
from .place import has_keys as has_keys, keys_file as keys_file
from .store import (
    forget_keys as forget_keys,
    keep_in_keychain as keep_in_keychain,
    keep_sealed as keep_sealed,
    read_keys as read_keys,
    wants_passphrase as wants_passphrase,
)
