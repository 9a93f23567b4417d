// Ask for a link by which one person enters: Java 17, no libraries.
//
//   java Launch.java abc 2026-a private.pem
//
// The words are the channel code, the kid, and the private key (PEM, PKCS#8).

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

public class Launch {
    static final String SERVICE =
            System.getenv().getOrDefault("SERVICE", "https://service.example");
    static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    public static void main(String[] args) throws Exception {
        String channel = args[0];
        String kid = args[1];
        PrivateKey key = privateKey(Path.of(args[2]));

        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String jti = BASE64URL.encodeToString(random); // new for every request, a repeated one too
        long now = Instant.now().getEpochSecond();
        String header = "{\"alg\":\"ES256\",\"kid\":\"" + kid + "\"}";
        // In your service take a JSON library: names may hold characters that must be escaped.
        String claims = "{\"iss\":\"" + channel + "\",\"aud\":\"nx-flexible-employment\""
                + ",\"iat\":" + now + ",\"exp\":" + (now + 60) + ",\"jti\":\"" + jti + "\""
                + ",\"name\":\"马兰\",\"id_number\":\"640104198503120021\""
                + ",\"phone\":\"19900000001\"}";
        String signed = part(header) + "." + part(claims);

        // Java's "SHA256withECDSA" gives DER, which a JWS does not take. This one gives r and s,
        // 32 bytes each, as ES256 wants them.
        Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
        signer.initSign(key);
        signer.update(signed.getBytes(StandardCharsets.US_ASCII));
        String message = signed + "." + BASE64URL.encodeToString(signer.sign());

        HttpRequest request = HttpRequest.newBuilder(URI.create(SERVICE + "/open/v1/launches"))
                .header("Content-Type", "application/jose")
                .timeout(Duration.ofSeconds(10))
                .POST(BodyPublishers.ofString(message))
                .build();
        HttpResponse<String> answer =
                HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 201) {
            System.err.println(answer.statusCode() + " " + answer.body());
            System.exit(1);
        }
        System.out.println(answer.body()); // {"launch_url": "...", "expires_at": "..."}
    }

    static String part(String json) {
        return BASE64URL.encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    static PrivateKey privateKey(Path pem) throws Exception {
        String body = Files.readString(pem).replaceAll("-----[A-Z ]+-----", "");
        byte[] der = Base64.getMimeDecoder().decode(body);
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    }
}
