// Fetches a file with the JDK's own clients: Jdk (client|connection) URL OUT [USER PASSWORD]

import java.io.InputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

public class Jdk {
    public static void main(String[] arguments) throws Exception {
        URI address = URI.create(arguments[1]);
        Path out = Path.of(arguments[2]);
        Authenticator authenticator = arguments.length < 5 ? null : new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(arguments[3], arguments[4].toCharArray());
            }
        };
        if (arguments[0].equals("client")) {
            HttpClient.Builder builder = HttpClient.newBuilder();
            if (authenticator != null) builder.authenticator(authenticator);
            HttpRequest request = HttpRequest.newBuilder(address).build();
            HttpResponse<InputStream> answer = builder.build().send(request, HttpResponse.BodyHandlers.ofInputStream());
            if (answer.statusCode() == 200) Files.copy(answer.body(), out);
        } else {
            HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
            if (authenticator != null) connection.setAuthenticator(authenticator);
            if (connection.getResponseCode() == 200) Files.copy(connection.getInputStream(), out);
        }
        // The client's threads would keep the program for a while.
        System.exit(0);
    }
}
