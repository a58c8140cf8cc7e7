import type { Texts } from './texts.ts';

export const INDONESIAN: Texts = {
  problems: {
    MISCONFIGURED: [
      'Belum dikonfigurasi',
      'Situs ini belum selesai disiapkan. Pengelolanya harus melengkapi konfigurasi.',
    ],
    BAD_PATH: ['Alamat tidak valid', 'Alamat ini tidak dapat dibaca.'],
    BAD_REQUEST: [
      'Permintaan tidak valid',
      'Sebuah parameter permintaan ini hilang, ganda, terlalu panjang, atau salah format.',
    ],
    NOT_FOUND: ['Tidak ditemukan', 'Halaman ini tidak ada.'],
    NO_SUCH_SESSION: ['Sesi tidak ada', 'Sesi ini sudah berakhir, atau bukan milik Anda.'],
    METHOD_NOT_ALLOWED: ['Metode tidak diizinkan', 'Alamat ini tidak menerima metode tersebut.'],
    BODY_TOO_LARGE: ['Data terlalu besar', 'Data yang dikirim melebihi batas situs ini.'],
    LENGTH_REQUIRED: [
      'Panjang data diperlukan',
      'Data yang dikirim tidak menyebutkan panjangnya, padahal alamat ini memerlukannya.',
    ],
    UNAUTHENTICATED: ['Anda perlu masuk', 'Silakan masuk untuk melanjutkan.'],
    FORBIDDEN: ['Akses ditolak', 'Anda sudah masuk, tetapi akun Anda tidak memiliki akses ke halaman ini.'],
    CSRF_REJECTED: ['Permintaan ditolak', 'Permintaan ini tidak berasal dari situs ini, jadi tidak ada yang diubah.'],
    HOST_MISMATCH: [
      'Nama host salah',
      'Situs ini dibuka dengan nama host yang berbeda dari yang dipakai untuk masuk. Pengelolanya harus memeriksa proxy di depan situs ini.',
    ],
    LOGIN_REJECTED: [
      'Proses masuk tidak selesai',
      'Proses masuk ini dimulai di browser lain, memakan waktu lebih dari sepuluh menit, atau cookie-nya tidak tersimpan.',
    ],
    LOGIN_USED: [
      'Tautan masuk sudah dipakai',
      'Tautan masuk ini sudah pernah dipakai. Setiap tautan hanya berlaku satu kali.',
    ],
    SIGNED_OUT_MEANWHILE: [
      'Anda sudah keluar',
      'Anda keluar saat proses masuk ini masih berjalan, jadi proses itu tidak diselesaikan.',
    ],
    LOGIN_LOOP: [
      'Proses masuk terus berulang',
      'Anda masuk beberapa kali dalam satu menit dan tetap belum memiliki sesi. Mungkin browser Anda memblokir cookie.',
    ],
    ISSUER_MISMATCH: [
      'Proses masuk ditolak',
      'Permintaan ini berasal dari layanan masuk lain, bukan yang dipakai situs ini.',
    ],
    SIGN_IN_DENIED: [
      'Proses masuk ditolak',
      'Layanan masuk tidak mengizinkan akun ini masuk ke sini, atau proses masuk dibatalkan.',
    ],
    SIGN_IN_INCOMPLETE: [
      'Tindakan Anda diperlukan',
      'Layanan masuk meminta Anda masuk atau memberikan persetujuan terlebih dahulu.',
    ],
    CODE_REJECTED: [
      'Proses masuk kedaluwarsa',
      'Layanan masuk tidak lagi menerima proses masuk ini. Proses ini sudah pernah dipakai, atau berlangsung terlalu lama.',
    ],
    LOGOUT_TOKEN_INVALID: [
      'Permintaan keluar ditolak',
      'Token keluar ini tidak lolos pemeriksaan, jadi tidak ada yang diubah.',
    ],
    STEP_UP_REQUIRED: [
      'Verifikasi tambahan diperlukan',
      'Halaman ini meminta Anda masuk lagi dengan verifikasi yang lebih kuat atau lebih baru.',
    ],
    RATE_LIMITED: [
      'Terlalu banyak permintaan',
      'Ada terlalu banyak permintaan dalam waktu singkat. Silakan tunggu satu menit.',
    ],
    STEP_UP_NOT_MET: [
      'Verifikasi tambahan diperlukan',
      'Halaman ini meminta Anda masuk lagi dengan verifikasi yang lebih kuat atau lebih baru.',
    ],
    CLIENT_REJECTED: [
      'Tidak dapat masuk',
      'Layanan masuk tidak menerima situs ini. Pengelolanya harus memeriksa pendaftaran klien.',
    ],
    PROVIDER_ERROR: ['Gagal masuk', 'Layanan masuk melaporkan kesalahan.'],
    PROVIDER_RESPONSE_INVALID: ['Gagal masuk', 'Layanan masuk memberikan jawaban yang tidak dapat dipakai.'],
    ID_TOKEN_INVALID: ['Gagal masuk', 'Layanan masuk memberikan bukti identitas yang tidak lolos pemeriksaan.'],
    PROVIDER_UNAVAILABLE: [
      'Layanan masuk tidak tersedia',
      'Layanan masuk sedang tidak dapat dihubungi. Tidak ada yang hilang; silakan coba beberapa saat lagi.',
    ],
    STORE_UNAVAILABLE: [
      'Sementara tidak tersedia',
      'Data sesi sedang tidak dapat diakses. Tidak ada yang hilang; silakan coba beberapa saat lagi.',
    ],
    UPSTREAM_UNAUTHORIZED: ['Tidak diterima', 'Layanan di balik alamat ini tidak menerima sesi Anda.'],
    UPSTREAM_TOKEN_DENIED: [
      'Layanan tidak tersedia',
      'Layanan masuk tidak mengizinkan situs ini memanggil layanan di balik alamat ini. Pengelolanya harus memeriksa konfigurasi.',
    ],
    UPSTREAM_UNREACHABLE: ['Layanan tidak tersedia', 'Layanan di balik alamat ini sedang tidak dapat dihubungi.'],
    UPSTREAM_RESPONSE_INVALID: [
      'Layanan bermasalah',
      'Layanan di balik alamat ini memberikan jawaban yang tidak dapat dipakai.',
    ],
    UPSTREAM_TIMEOUT: [
      'Layanan terlalu lambat',
      'Layanan di balik alamat ini tidak menjawab tepat waktu. Tidak diketahui apakah permintaan Anda sudah dijalankan.',
    ],
    INTERNAL: ['Terjadi kesalahan', 'Terjadi kesalahan tak terduga di situs ini.'],
  },
  causes: {
    LOGIN_REJECTED: {
      person: [
        'Browser Anda memblokir cookie untuk situs ini, atau sudah menghapusnya.',
        'Proses masuk memakan waktu lebih dari sepuluh menit.',
        'Anda memulai di satu browser atau jendela pribadi dan menyelesaikannya di browser atau jendela lain.',
        'Alamat ini dibuka dari bookmark, atau dibuka untuk kedua kalinya.',
      ],
      operator: [
        'Situs dibuka dengan nama host yang berbeda dari SSO_REDIRECT_URI.',
        'Situs disajikan lewat http, sehingga browser membuang cookie Secure, kecuali di alamat loopback.',
        'Sebuah proxy menghapus header Set-Cookie atau Cookie, atau menolak header sebesar ini.',
        'SESSION_SECRET berbeda antar-deployment, atau sudah diganti dan nilai lamanya tidak ada dalam daftar.',
      ],
    },
    LOGIN_LOOP: {
      person: ['Browser Anda memblokir cookie untuk situs ini.', 'Sebuah ekstensi atau setelan privasi menghapusnya.'],
      operator: [
        'Situs disajikan lewat http, sehingga browser membuang cookie Secure, kecuali di alamat loopback.',
        'SESSION_SECRET berbeda antar-deployment pada satu nama host.',
        'Sebuah proxy menghapus header Set-Cookie, atau mengirim jawaban dari cache.',
      ],
    },
    HOST_MISMATCH: {
      person: ['Tidak ada yang salah dengan akun atau browser Anda. Beri tahu pengelola situs ini.'],
      operator: [
        'Proxy di depan mengirim header Host miliknya sendiri: atur agar meneruskan yang diterimanya, atau isi X-Forwarded-Host.',
        'Untuk nginx: proxy_set_header Host $http_host;',
        'Untuk Caddy, di reverse_proxy: header_up Host {hostport}',
        'SSO_REDIRECT_URI menyebut host yang berbeda dari yang dipakai untuk membuka situs ini.',
      ],
    },
    CODE_REJECTED: {
      person: [
        'Halaman dimuat ulang, atau dibuka lagi dari riwayat, saat Anda sedang masuk.',
        'Koneksi lambat, dan jawabannya datang terlambat.',
      ],
      operator: [
        'SSO_REDIRECT_URI tidak sama persis dengan alamat terdaftar, termasuk garis miring di akhir.',
        'Umur kode melebihi batas layanan masuk, sering kali 120 detik: periksa jam server.',
        'PKCE verifier berasal dari proses masuk lain.',
        'Pemindai tautan, atau proxy yang mencoba ulang, membuka alamat ini lebih dahulu.',
      ],
    },
    CLIENT_REJECTED: {
      person: ['Tidak ada yang salah dengan akun atau kata sandi Anda. Beri tahu pengelola situs ini.'],
      operator: [
        'SSO_CLIENT_ID tidak terdaftar di SSO_ISSUER, atau milik lingkungan lain.',
        'SSO_CLIENT_SECRET bukan secret yang berlaku, atau hanya sebagiannya.',
        'SSO_CLIENT_AUTH_METHOD bukan metode yang terdaftar.',
        'Variabel lingkungan sudah diubah, tetapi situs belum di-deploy ulang.',
      ],
    },
  },
  phrases: {
    signIn: 'Masuk',
    signInAgain: 'Masuk lagi',
    tryAgain: 'Coba lagi',
    startPage: 'Ke halaman awal',
    signOut: 'Keluar',
    useOther: 'Gunakan akun lain',
    openAnyway: 'Tetap buka',
    usualCauses: 'Penyebab yang umum',
    forPerson: 'Jika Anda sedang mencoba masuk',
    forOperator: 'Jika Anda mengelola situs ini',
    hostSeen: 'Host permintaan ini',
    hostExpected: 'Host yang diharapkan',
    passOn: 'Sertakan ini saat meminta bantuan:',
    reference: 'Referensi',
    supportReference: 'Referensi layanan masuk',
    code: 'Kode',
    signOutTitle: 'Keluar?',
    signedInAs: 'Anda masuk sebagai {name}.',
    signedIn: 'Anda sudah masuk.',
    endsSession: 'Ini mengakhiri sesi Anda di situs ini.',
    staySignedIn: 'Tetap masuk',
    otherTitle: 'Gunakan akun lain?',
    otherAsked: 'Ada permintaan untuk masuk dengan akun lain.',
    signInOther: 'Masuk dengan akun lain',
    oneMoment: 'Mohon tunggu',
    goOn: 'Lanjutkan',
    signInFirst: 'Anda perlu masuk sebelum melanjutkan.',
    signInElsewhere: 'Anda akan masuk di alamat lain situs ini.',
    signedOutHere: 'Anda sudah keluar dari situs ini.',
    signingOutThere: 'Anda sudah keluar dari situs ini. Sekarang layanan masuk juga mengakhiri sesi Anda.',
    claimsDropped:
      'Data akun Anda lebih banyak daripada yang dapat disimpan dalam sesi di sini, jadi data yang diminta halaman ini mungkin tidak ada.',
    ledHere: 'Proses masuk atau tautan di situs lain membawa Anda ke sini.',
  },
};
