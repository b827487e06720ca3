from .key_files import HTS_ID as HTS_ID, read_key_file as read_key_file
from .kis_file import KIS_FILE as KIS_FILE
from .profile import KEY_FIELDS as KEY_FIELDS, Profile as Profile
from .settings import Settings as Settings, data_folder as data_folder, language as language
from .variables import wrong_setting as wrong_setting
